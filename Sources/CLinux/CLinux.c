#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/socket.h>
#include <unistd.h>

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

const int clinux_so_peercred = SO_PEERCRED;
