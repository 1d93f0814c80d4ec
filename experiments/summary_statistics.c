/* experiments/summary_statistics.c - mean and standard deviation over trials; see summary_tree.h. */
#include "experiments/summary_tree.h"

#include <math.h>
#include <stdlib.h>

void hk_summary_copy(hk_summary *to, const hk_summary *from)
{
    if (to == NULL || from == NULL)
        return;
    if (from->root == from && from->status != HK_OK && to->root->status == HK_OK) {
        to->root->status = from->status;
        snprintf(to->root->mistake, sizeof to->root->mistake, "%s", from->mistake);
    }
    for (const hk_summary *child = from->first; child != NULL; child = child->next) {
        switch (child->kind) {
        case HK_SUMMARY_NULL:
            hk_summary_text(to, child->key, NULL);
            break;
        case HK_SUMMARY_NUMBER:
            hk_summary_number(to, child->key, child->number);
            break;
        case HK_SUMMARY_WHOLE: /* its digits, which a double may not hold */
            if (child->text != NULL && child->text[0] == '-')
                hk_summary_integer(to, child->key, strtoll(child->text, NULL, 10));
            else
                hk_summary_count(to, child->key, child->text == NULL ? 0 : strtoull(child->text, NULL, 10));
            break;
        case HK_SUMMARY_FLAG:
            hk_summary_flag(to, child->key, child->number != 0.0);
            break;
        case HK_SUMMARY_TEXT:
            hk_summary_text(to, child->key, child->text);
            break;
        case HK_SUMMARY_ARRAY:
            hk_summary_array(to, child->key, child->numbers, child->n_numbers);
            break;
        case HK_SUMMARY_OBJECT:
            hk_summary_copy(hk_summary_object(to, child->key), child);
            break;
        case HK_SUMMARY_LIST:
            hk_summary_copy(hk_summary_list(to, child->key), child);
            break;
        }
    }
}

static double number_of(const hk_summary *object, const char *key)
{
    const hk_summary *node = object == NULL || object->kind != HK_SUMMARY_OBJECT ? NULL : hk_summary_find(object, key);
    bool is_number = node != NULL && (node->kind == HK_SUMMARY_NUMBER || node->kind == HK_SUMMARY_WHOLE);
    return is_number ? node->number : (double)NAN;
}

/* Two passes: the sum of squares minus the square of the sum would lose the deviation of close values. */
static void one_key(hk_summary *mean, hk_summary *sd, const char *key, const hk_summary *const *trials, size_t n)
{
    double sum = 0.0, squares = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += number_of(trials[k], key);
    double average = sum / (double)n;
    for (size_t k = 0; k < n; k++) {
        double difference = number_of(trials[k], key) - average;
        squares += difference * difference;
    }
    hk_summary_number(mean, key, average);
    hk_summary_number(sd, key, n < 2 ? (double)NAN : sqrt(squares / (double)(n - 1)));
}

void hk_summary_statistics(hk_summary *mean, hk_summary *sd, const hk_summary *const *trials, size_t n)
{
    if (n == 0 || trials[0] == NULL || mean == NULL || sd == NULL)
        return;
    const hk_summary **inner = malloc(n * sizeof(const hk_summary *));
    if (inner == NULL) {
        mean->root->status = HK_ENOMEM;
        return;
    }
    for (const hk_summary *child = trials[0]->first; child != NULL; child = child->next) {
        if (child->kind == HK_SUMMARY_NUMBER || child->kind == HK_SUMMARY_WHOLE)
            one_key(mean, sd, child->key, trials, n);
        if (child->kind != HK_SUMMARY_OBJECT)
            continue;
        for (size_t k = 0; k < n; k++)
            inner[k] = trials[k] == NULL ? NULL : hk_summary_find(trials[k], child->key);
        hk_summary_statistics(hk_summary_object(mean, child->key), hk_summary_object(sd, child->key), inner, n);
    }
    free(inner);
}
