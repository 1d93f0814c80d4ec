/* experiments/options.c - see options.h. */
#include "experiments/options.h"

#include "experiments/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXACT_INTEGERS 9007199254740992.0 /* 2^53 */

bool hk_parse_number(const char *text, double *out)
{
    if (*text == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    char *end;
    double value = strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool hk_parse_integer(const char *text, int64_t *out)
{
    double value;
    if (!hk_parse_number(text, &value) || value != floor(value) || fabs(value) > EXACT_INTEGERS)
        return false;
    *out = (int64_t)value;
    return true;
}

bool hk_parse_count(const char *text, uint64_t *out)
{
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0 || value > UINT64_MAX)
        return false;
    *out = value;
    return true;
}

bool hk_parse_flag(const char *text, bool *out)
{
    static const char *const yes[] = { "on", "true", "yes", "1" }, *const no[] = { "off", "false", "no", "0" };
    for (size_t k = 0; k < 4; k++) {
        if (strcasecmp(text, yes[k]) == 0 || strcasecmp(text, no[k]) == 0) {
            *out = strcasecmp(text, yes[k]) == 0;
            return true;
        }
    }
    return false;
}

void hk_print_number(double value, char *out, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

void hk_print_bound(double value, char *out, size_t size)
{
    hk_print_number(value, out, size);
    if (fabs(value) < 1e7 || isinf(value))
        return;
    char digits[40];
    snprintf(digits, sizeof digits, "%.5e", value); /* "-1.00000e+12" */
    if (strtod(digits, NULL) != value)
        return;
    char *end = strchr(digits, 'e');
    int exponent = atoi(end + 1);
    while (end[-1] == '0')
        end--;
    end -= end[-1] == '.';
    snprintf(out, size, "%.*se%d", (int)(end - digits), digits, exponent);
}

static size_t n_choices(const hk_option *option)
{
    size_t n = 0;
    while (option->choices[n] != NULL)
        n++;
    return n;
}

static bool is_automatic(const hk_option *option)
{
    return option->automatic != NULL;
}

long hk_option_find(const hk_experiment *experiment, const char *name)
{
    for (size_t k = 0; k < experiment->n_options; k++)
        if (strcmp(experiment->options[k].name, name) == 0)
            return (long)k;
    return -1;
}

static double choice_index(const hk_option *option, const char *text)
{
    for (size_t k = 0; option->choices[k] != NULL; k++)
        if (strcmp(option->choices[k], text) == 0)
            return (double)k;
    return (double)NAN;
}

int hk_values_init(hk_ctx *ctx, const hk_experiment *experiment, hk_values *out)
{
    *out = (hk_values){ .experiment = experiment };
    out->values = calloc(experiment->n_options + 1, sizeof *out->values);
    if (out->values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory for %zu parameters", experiment->name, experiment->n_options);
    for (size_t k = 0; k < experiment->n_options; k++) {
        const hk_option *option = &experiment->options[k];
        hk_value *value = &out->values[k];
        if (option->type == HK_OPTION_TEXT) {
            value->text = strdup(option->text == NULL ? "" : option->text);
            if (value->text == NULL) {
                hk_values_fini(out);
                return hk_fail(ctx, HK_ENOMEM, "%s: no memory for %zu parameters", experiment->name,
                               experiment->n_options);
            }
        } else if (option->type == HK_OPTION_CHOICE) {
            value->number = choice_index(option, option->text);
        } else {
            value->number = is_automatic(option) ? (double)NAN : option->initial;
        }
    }
    return HK_OK;
}

void hk_values_fini(hk_values *values)
{
    if (values->values != NULL)
        for (size_t k = 0; k < values->experiment->n_options; k++)
            free(values->values[k].text);
    free(values->values);
    values->values = NULL;
}

/* Appends to a text of fixed size; what does not fit is left out, as snprintf would. */
static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s", text);
}

void hk_option_range(const hk_option *option, char *out, size_t size)
{
    const char *unit = option->unit == NULL ? "" : option->unit;
    char low[32], high[32];
    out[0] = '\0';
    switch (option->type) {
    case HK_OPTION_NUMBER:
    case HK_OPTION_INTEGER:
        hk_print_bound(option->min, low, sizeof low);
        hk_print_bound(option->max, high, sizeof high);
        snprintf(out, size, "%s%s to %s%s%s", option->type == HK_OPTION_INTEGER ? "whole, " : "", low, high,
                 *unit == '\0' ? "" : " ", unit);
        break;
    case HK_OPTION_CHOICE:
        for (size_t k = 0, n = n_choices(option); k < n; k++) {
            append(out, size, option->choices[k]);
            append(out, size, k + 1 == n ? "" : k + 2 == n ? " or " : ", ");
        }
        break;
    case HK_OPTION_FLAG:
        append(out, size, "on or off");
        break;
    case HK_OPTION_TEXT:
        append(out, size, "any text");
        break;
    }
}

void hk_option_print(const hk_option *option, const hk_value *value, char *out, size_t size)
{
    if (option->type == HK_OPTION_TEXT)
        snprintf(out, size, "%s", value->text);
    else if (isnan(value->number))
        snprintf(out, size, "auto");
    else if (option->type == HK_OPTION_CHOICE)
        snprintf(out, size, "%s", option->choices[(size_t)value->number]);
    else if (option->type == HK_OPTION_FLAG)
        snprintf(out, size, "%s", value->number != 0.0 ? "on" : "off");
    else
        hk_print_number(value->number, out, size);
}

void hk_option_default(const hk_option *option, char *out, size_t size)
{
    if (option->type == HK_OPTION_TEXT || option->type == HK_OPTION_CHOICE)
        snprintf(out, size, "%s", option->text == NULL ? "" : option->text);
    else if (is_automatic(option))
        snprintf(out, size, "auto: %s", option->automatic);
    else
        hk_option_print(option, &(hk_value){ .number = option->initial }, out, size);
}

static int refuse(hk_ctx *ctx, const hk_experiment *experiment, const hk_option *option, const char *text)
{
    char range[256];
    hk_option_range(option, range, sizeof range);
    if (option->type == HK_OPTION_CHOICE) {
        hk_suggest near = { .wrong = text };
        for (size_t k = 0; option->choices[k] != NULL; k++)
            hk_suggest_offer(&near, option->choices[k]);
        if (hk_suggestion(&near) != NULL)
            return hk_fail(ctx, HK_ERANGE, "%s: %s = '%.200s', must be %s; did you mean '%s'?", experiment->name,
                           option->name, text, range, hk_suggestion(&near));
    }
    return hk_fail(ctx, HK_ERANGE, "%s: %s = '%.200s', must be %s%s", experiment->name, option->name, text, range,
                   is_automatic(option) ? " (or auto)" : "");
}

static int unknown(hk_ctx *ctx, const hk_experiment *experiment, const char *name)
{
    hk_suggest near = { .wrong = name };
    for (size_t k = 0; k < experiment->n_options; k++)
        hk_suggest_offer(&near, experiment->options[k].name);
    if (hk_suggestion(&near) != NULL)
        return hk_fail(ctx, HK_ENAME, "%s has no parameter '%.200s'; did you mean '%s'?", experiment->name, name,
                       hk_suggestion(&near));
    return hk_fail(ctx, HK_ENAME, "%s has no parameter '%.200s'; 'hillock show %s' lists what it has", experiment->name,
                   name, experiment->name);
}

static bool parse(const hk_option *option, const char *text, double *out)
{
    int64_t whole = 0;
    bool on = false;
    switch (option->type) {
    case HK_OPTION_NUMBER:
        return hk_parse_number(text, out) && *out >= option->min && *out <= option->max;
    case HK_OPTION_INTEGER:
        if (!hk_parse_integer(text, &whole))
            return false;
        *out = (double)whole;
        return *out >= option->min && *out <= option->max;
    case HK_OPTION_CHOICE:
        *out = choice_index(option, text);
        return !isnan(*out);
    case HK_OPTION_FLAG:
        if (!hk_parse_flag(text, &on))
            return false;
        *out = on ? 1.0 : 0.0;
        return true;
    case HK_OPTION_TEXT:
        break;
    }
    return false;
}

int hk_values_set(hk_ctx *ctx, hk_values *values, const char *name, const char *text)
{
    const hk_experiment *experiment = values->experiment;
    long index = hk_option_find(experiment, name);
    if (index < 0)
        return unknown(ctx, experiment, name);
    const hk_option *option = &experiment->options[index];
    hk_value *value = &values->values[index];
    if (option->type == HK_OPTION_TEXT) {
        if (strpbrk(text, "\r\n") != NULL) /* the configuration keeps one parameter a line */
            return hk_fail(ctx, HK_ERANGE, "%s: %s must be one line of text", experiment->name, name);
        char *copy = strdup(text);
        if (copy == NULL)
            return hk_fail(ctx, HK_ENOMEM, "%s: no memory for parameter '%s'", experiment->name, name);
        free(value->text);
        value->text = copy;
    } else if (is_automatic(option) && strcmp(text, "auto") == 0) {
        value->number = (double)NAN;
        value->given = false;
        return HK_OK;
    } else {
        double number;
        if (!parse(option, text, &number))
            return refuse(ctx, experiment, option, text);
        value->number = number;
    }
    value->given = true;
    return HK_OK;
}

int hk_values_assign(hk_ctx *ctx, hk_values *values, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return hk_fail(ctx, HK_ERANGE, "--set %.200s: must be name=value", assignment);
    char name[256];
    size_t length = (size_t)(equals - assignment);
    if (length >= sizeof name)
        return hk_fail(ctx, HK_ENAME, "--set: a name of %zu characters; no parameter has one that long", length);
    memcpy(name, assignment, length);
    name[length] = '\0';
    return hk_values_set(ctx, values, name, equals + 1);
}

char *hk_values_config(const hk_values *values)
{
    const hk_experiment *experiment = values->experiment;
    size_t size = strlen(experiment->name) + 16;
    for (size_t k = 0; k < experiment->n_options; k++) {
        const char *text = values->values[k].text;
        size += strlen(experiment->options[k].name) + (text == NULL ? 128 : strlen(text) + 1) + 2;
    }
    char *config = malloc(size);
    if (config == NULL)
        return NULL;
    size_t used = (size_t)snprintf(config, size, "experiment=%s\n", experiment->name);
    for (size_t k = 0; k < experiment->n_options; k++) {
        used += (size_t)snprintf(config + used, size - used, "%s=", experiment->options[k].name);
        hk_option_print(&experiment->options[k], &values->values[k], config + used, size - used - 1);
        used += strlen(config + used);
        used += (size_t)snprintf(config + used, size - used, "\n");
    }
    return config;
}
