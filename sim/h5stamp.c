/* sim/h5stamp.c - see h5stamp.h.
 *
 * Layout and checksum: HDF5 File Format Specification 3.0, sections II.A (superblock versions 2 and 3) and VII.A; the
 * checksum is Bob Jenkins' public-domain "lookup3", little-endian, over all bytes before it. */
#include "sim/h5stamp.h"

#include <string.h>

enum { VERSION_AT = 8, ADDRESS_SIZE_AT = 9, FLAGS_AT = 11, END_AT = 28, CHECKSUM_AT = 44 };

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_bytes(unsigned char *at, uint64_t value, int n)
{
    for (int i = 0; i < n; ++i)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* lookup3 for CHECKSUM_AT = 44 bytes: three mixed blocks of twelve, and a last one of eight. */
static uint32_t checksum(const unsigned char *bytes)
{
    uint32_t a = 0xdeadbeefu + CHECKSUM_AT, b = a, c = a;
    for (int block = 0; block < 3; ++block, bytes += 12) {
        a += get32(bytes);
        b += get32(bytes + 4);
        c += get32(bytes + 8);
        a -= c, a ^= rotate(c, 4), c += b;
        b -= a, b ^= rotate(a, 6), a += c;
        c -= b, c ^= rotate(b, 8), b += a;
        a -= c, a ^= rotate(c, 16), c += b;
        b -= a, b ^= rotate(a, 19), a += c;
        c -= b, c ^= rotate(b, 4), b += a;
    }
    a += get32(bytes);
    b += get32(bytes + 4);
    c ^= b, c -= rotate(b, 14);
    a ^= c, a -= rotate(c, 11);
    b ^= a, b -= rotate(a, 25);
    c ^= b, c -= rotate(b, 16);
    a ^= c, a -= rotate(c, 4);
    b ^= a, b -= rotate(a, 14);
    c ^= b, c -= rotate(b, 24);
    return c;
}

bool hk_h5stamp_is(const void *bytes, size_t size)
{
    static const unsigned char signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    const unsigned char *stamp = bytes;
    return size >= HK_H5STAMP_SIZE && memcmp(stamp, signature, sizeof signature) == 0 &&
           (stamp[VERSION_AT] == 2 || stamp[VERSION_AT] == 3) && stamp[ADDRESS_SIZE_AT] == 8;
}

uint64_t hk_h5stamp_end(const unsigned char stamp[HK_H5STAMP_SIZE])
{
    return (uint64_t)get32(stamp + END_AT) | (uint64_t)get32(stamp + END_AT + 4) << 32;
}

void hk_h5stamp_set(unsigned char stamp[HK_H5STAMP_SIZE], uint64_t end)
{
    stamp[FLAGS_AT] = 0;
    put_bytes(stamp + END_AT, end, 8);
    put_bytes(stamp + CHECKSUM_AT, checksum(stamp), 4);
}
