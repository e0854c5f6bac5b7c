/*
 * The addon that Node loads as tfjs_binding.node. It loads tfjs-node's addon, tfjs_addon.node, which
 * lies beside it, and hides the lines that TensorFlow writes to standard error meanwhile. TensorFlow
 * writes these when its library is loaded, before it reads TF_CPP_MIN_LOG_LEVEL. With the value 0
 * they are shown.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "tfjs_addon.node"

/** Two threads of a process must not hide and restore standard error at the same time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/** Writes the path of tfjs-node's addon. Returns 0 if it has no room. */
static int path_of_addon(char *path, size_t size) {
  Dl_info here;
  if (!dladdr((void *)&path_of_addon, &here) || here.dli_fname == NULL) return 0;
  const char *slash = strrchr(here.dli_fname, '/');
  const int folder = slash == NULL ? 0 : (int)(slash + 1 - here.dli_fname);
  return snprintf(path, size, "%.*s%s", folder, here.dli_fname, NAME) < (int)size;
}

/** Sends standard error to nowhere. Returns a copy of it, or -1 if it stays. */
static int hide(void) {
  const char *level = getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == NULL || strcmp(level, "0") == 0) return -1;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return -1;
  fflush(stderr);
  const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (kept >= 0) dup2(nowhere, STDERR_FILENO);
  close(nowhere);
  return kept;
}

static void restore(int kept) {
  if (kept < 0) return;
  fflush(stderr);
  dup2(kept, STDERR_FILENO);
  close(kept);
}

NAPI_MODULE_INIT() {
  char path[4096];
  if (!path_of_addon(path, sizeof path)) {
    napi_throw_error(env, NULL, "tfjs_binding.node: expected a shorter path");
    return NULL;
  }
  pthread_mutex_lock(&lock);
  const int kept = hide();
  void *addon = dlopen(path, RTLD_NOW);
  restore(kept);
  pthread_mutex_unlock(&lock);
  typedef napi_value (*Register)(napi_env, napi_value);
  const Register register_addon =
      addon == NULL ? NULL : (Register)dlsym(addon, "napi_register_module_v1");
  if (register_addon == NULL) {
    const char *problem = dlerror();
    napi_throw_error(env, NULL, problem == NULL ? "tfjs_binding.node: not loaded" : problem);
    return NULL;
  }
  return register_addon(env, exports);
}
