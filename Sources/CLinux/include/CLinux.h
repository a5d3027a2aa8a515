// System calls of Linux that Swift's Glibc module does not show.
#ifndef CLINUX_H
#define CLINUX_H

/// syncfs(2): writes everything of the file system that holds `descriptor` to disk. 0, or -1 with errno set.
int clinux_syncfs(int descriptor);

/// SO_PEERCRED of unix(7).
extern const int clinux_so_peercred;

#endif
