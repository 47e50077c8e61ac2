/* What the lab cannot do for real: another time of day, another size of memory, a fork that the
 * kernel refuses. Only CLOCK_REALTIME is moved, in whole seconds and between bursts of traffic, so
 * that every duration a server reports is what it measured.
 *
 * LAB_CLOCK: file with the offset in seconds (8 bytes); LAB_RAM_MB: memory as sysconf tells it;
 * LAB_NO_FORK: while this file exists fork fails with ENOMEM. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("LAB_CLOCK");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *page = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) offset = page;
}

static int64_t moved(void) { return offset ? *offset : 0; }

int clock_gettime(clockid_t id, struct timespec *spec) {
  int result = (int)syscall(SYS_clock_gettime, id, spec);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
    spec->tv_sec += moved();
  return result;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
  struct timespec spec;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &spec) != 0) return -1;
  value->tv_sec = spec.tv_sec;
  value->tv_usec = spec.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec spec;
  clock_gettime(CLOCK_REALTIME, &spec);
  if (out) *out = spec.tv_sec;
  return spec.tv_sec;
}

long sysconf(int name) {
  static long (*real)(int);
  if (!real) real = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
  const char *megabytes = getenv("LAB_RAM_MB");
  if (name == _SC_PHYS_PAGES && megabytes)
    return atol(megabytes) * (1024 * 1024 / real(_SC_PAGESIZE));
  return real(name);
}

pid_t fork(void) {
  static pid_t (*real)(void);
  if (!real) real = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
  const char *refuse = getenv("LAB_NO_FORK");
  if (refuse && access(refuse, F_OK) == 0) {
    errno = ENOMEM;
    return -1;
  }
  return real();
}
