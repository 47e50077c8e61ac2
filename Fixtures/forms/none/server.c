/* How the log line is made. */
void logRaw(int level, const char *msg) {
  const char *c = ".-*#";
  char buf[64];
  snprintf(buf, sizeof(buf), "%d:%c %s %c %s\n", getpid(), 'M', stamp(), c[level], msg);
  if (level == LL_WARNING) fputs("Can't save in background: fork: %s", stderr);
}
int connected_clients = 0;
size_t used_memory = 0, used_memory_rss = 0, maxmemory = 0;
