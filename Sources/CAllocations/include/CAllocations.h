#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

/// How often memory was asked for since the program started, by any thread; 0 where that cannot be counted.
uint64_t wardline_allocations(void);

#endif
