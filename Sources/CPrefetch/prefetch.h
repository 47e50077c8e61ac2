// The one instruction of a processor that Swift has no name for: fetch the cache line that holds an
// address, and do not wait for it. It never faults, whatever the address.
#ifndef TRIAGE_PREFETCH_H
#define TRIAGE_PREFETCH_H

static inline void triage_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

#endif
