/* sim/h5stamp.h - the first 48 bytes of an HDF5 file (superblock version 2 or 3): who writes it, and where it ends. */
#ifndef HK_H5STAMP_H
#define HK_H5STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HK_H5STAMP_SIZE = 48 };

/** Do `size` bytes from the start of a file begin with such a superblock, with 8-byte addresses? */
bool hk_h5stamp_is(const void *bytes, size_t size);
/** The end of file that it states. */
uint64_t hk_h5stamp_end(const unsigned char stamp[HK_H5STAMP_SIZE]);
/** Restates the end of file, clears the marks of a writer, and renews the checksum. */
void hk_h5stamp_set(unsigned char stamp[HK_H5STAMP_SIZE], uint64_t end);

#endif
