#define _GNU_SOURCE
#include "CPowerCut.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

// fs/ext4/ext4.h of Linux, which its exported headers leave out.
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)
#define EXT4_GOING_FLAGS_NOLOGFLUSH 2

int power_cut(const char *mountPoint, pid_t process) {
    int folder = open(mountPoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    uint32_t flags = EXT4_GOING_FLAGS_NOLOGFLUSH;
    int result = kill(process, SIGKILL);
    if (result == 0) result = ioctl(folder, EXT4_IOC_SHUTDOWN, &flags);
    close(folder);
    return result;
}
