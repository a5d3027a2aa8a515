#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

void clinux_heaps_max(int count) {
#ifdef M_ARENA_MAX  // glibc's malloc has it, others have not
    mallopt(M_ARENA_MAX, count);
#else
    (void)count;
#endif
}

int64_t clinux_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t clinux_monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t clinux_free_bytes(const char *path) {
    struct statvfs information;
    if (statvfs(path, &information) != 0) return -1;
    return (int64_t)information.f_bavail * (int64_t)information.f_frsize;
}

const int clinux_so_peercred = SO_PEERCRED;
