/* experiments/utf8.h - one character of UTF-8 at a time. */
#ifndef HK_UTF8_H
#define HK_UTF8_H

#include <stddef.h>

/** Bytes of the character at s[0 .. n), n >= 1; 0 when it is not sound UTF-8 (cut off, overlong, a surrogate, beyond
 *  U+10FFFF). */
size_t hk_utf8_length(const char *s, size_t n);

#endif
