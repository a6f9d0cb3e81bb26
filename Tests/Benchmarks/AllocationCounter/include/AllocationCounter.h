/* Counts calls of malloc(3) and posix_memalign(3) in an executable that links this target. */
#pragma once

long allocation_count(void);
