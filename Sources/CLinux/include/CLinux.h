/// The Linux system calls that Swift's Glibc module hides, each as a plain function.
///
/// Glibc's headers show most of these only with `_GNU_SOURCE`, which Swift's importer does not
/// define; others (pidfds) have no wrapper in glibc 2.36, or take a variadic argument, which Swift
/// cannot pass. Nothing here decides anything: each function is one system call, or the least that
/// makes one usable. All return what the call returns: -1 and `errno` on failure, unless said
/// otherwise.
#ifndef CLINUX_H
#define CLINUX_H

#include "child.h"
#include "events.h"
#include "host.h"
#include "locks.h"
#include "processes.h"

#endif
