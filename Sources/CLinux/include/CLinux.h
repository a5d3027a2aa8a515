// System calls of Linux that Swift's Glibc module does not show, or whose structures Foundation and Glibc both claim.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

/// Microseconds since 1970-01-01 UTC.
int64_t clinux_time(void);

/// Microseconds of CLOCK_MONOTONIC.
int64_t clinux_monotonic(void);

/// Bytes that the file system of `path` has left for users; -1 with errno set.
int64_t clinux_free_bytes(const char *path);

/// syncfs(2): writes everything of the file system that holds `descriptor` to disk. 0, or -1 with errno set.
int clinux_syncfs(int descriptor);

/// mallopt(3): at most so many heaps for all threads. Call it before the threads begin.
void clinux_heaps_max(int count);

/// SO_PEERCRED of unix(7).
extern const int clinux_so_peercred;

#endif
