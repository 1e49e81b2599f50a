/* Records what a process does to the files below RECORDED_FOLDER, in its true order, into the file RECORDING (see disk.py).
   Preloaded (LD_PRELOAD); one lock is held around each call and its record. Linux and glibc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 'c', MAKE_FOLDER = 'd', SYMLINK = 's', LINK = 'l', RENAME = 'r', REMOVE = 'u', WRITE = 'w', TRUNCATE = 't', SYNC = 'f', MARK = 'm' };

#define HANDLES 65536
static unsigned char inside[HANDLES]; /* whether a handle is of a file or folder below the root */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static int recording = -1;
static __thread int busy; /* this thread is within a recorded call */

#define REAL(name, type, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)

static long (*real_syscall(void))(long, ...) { REAL(syscall, long, long, ...); return real; }

/* chDB is loaded with RTLD_DEEPBIND, which would pass by this library. */
void *dlopen(const char *path, int flags) { REAL(dlopen, void *, const char *, int); return real(path, flags & ~RTLD_DEEPBIND); }

static void die(const char *what) { dprintf(2, "recorder: %s: %s\n", what, strerror(errno)); _exit(99); }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORDING");
    root = getenv("RECORDED_FOLDER");
    if (!path || !root) return;
    recording = real_syscall()(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (recording < 0) die(path);
}

static void put(const void *data, size_t size) {
    while (size) {
        ssize_t done = real_syscall()(SYS_write, recording, data, size);
        if (done < 0) die("write");
        data = (const char *)data + done; size -= done;
    }
}

/* A record: what was done, the inode, a number, and two byte strings (names or data). */
static void record(char what, uint64_t inode, uint64_t number, const void *one, size_t one_size, const void *other, size_t other_size) {
    struct __attribute__((packed)) { char what; uint64_t inode, number; uint32_t one, other; } head = {what, inode, number, one_size, other_size};
    put(&head, sizeof head); put(one, one_size); put(other, other_size);
}
static void named(char what, uint64_t inode, const char *one, const char *other) { record(what, inode, 0, one, strlen(one), other, strlen(other)); }

static int is_below(const char *path) { size_t n = strlen(root); return !strncmp(path, root, n) && (path[n] == '/' || !path[n]); }

/* The absolute path that a call means; whether it is below the root. */
static int meant(int folder, const char *path, char *full) {
    if (recording < 0 || busy || !path) return 0;
    full[0] = 0;
    if (path[0] != '/') {
        char link[64]; ssize_t n;
        if (folder == AT_FDCWD) strcpy(link, "/proc/self/cwd"); else sprintf(link, "/proc/self/fd/%d", folder);
        n = real_syscall()(SYS_readlinkat, AT_FDCWD, link, full, PATH_MAX - 1);
        if (n < 0) return 0;
        full[n++] = '/'; full[n] = 0;
    }
    strncat(full, path, PATH_MAX - 1 - strlen(full));
    return is_below(full);
}
static uint64_t inode_of(int folder, const char *path) { struct stat s; return fstatat(folder, path, &s, AT_SYMLINK_NOFOLLOW) ? 0 : s.st_ino; }
static uint64_t inode_at(int handle) { struct stat s; return fstat(handle, &s) ? 0 : s.st_ino; }
static int is_inside(int handle) { return recording >= 0 && !busy && handle >= 0 && handle < HANDLES && inside[handle]; }
#define HOLD pthread_mutex_lock(&lock); busy = 1
#define LET_GO do { int kept = errno; busy = 0; pthread_mutex_unlock(&lock); errno = kept; } while (0)

void recorder_mark(const char *text) { if (recording < 0) return; HOLD; named(MARK, 0, text, ""); LET_GO; }

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX * 2];
    if (!meant(folder, path, full)) {
        int handle = real_syscall()(SYS_openat, folder, path, flags, mode);
        if (handle >= 0 && handle < HANDLES) inside[handle] = 0;
        return handle;
    }
    HOLD;
    uint64_t before = inode_of(folder, path);
    int handle = real_syscall()(SYS_openat, folder, path, flags, mode);
    if (handle >= 0) {
        if (handle >= HANDLES) die("too many handles");
        inside[handle] = 1;
        if (!before && (flags & O_CREAT)) named(CREATE, inode_at(handle), full, "");
        else if ((flags & O_TRUNC)) record(TRUNCATE, inode_at(handle), 0, "", 0, "", 0);
    }
    LET_GO;
    return handle;
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, int); va_end(a); }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int close(int handle) { REAL(close, int, int); if (handle >= 0 && handle < HANDLES) inside[handle] = 0; return real(handle); }

/* `at` is where the data went, or -1: where the handle stood. */
static void wrote(int handle, const void *data, ssize_t size, off_t at) {
    record(WRITE, inode_at(handle), at >= 0 ? at : lseek(handle, 0, SEEK_CUR) - size, data, size, "", 0);
}
ssize_t write(int handle, const void *data, size_t size) {
    REAL(write, ssize_t, int, const void *, size_t);
    if (!is_inside(handle)) return real(handle, data, size);
    HOLD; ssize_t done = real(handle, data, size); if (done > 0) wrote(handle, data, done, -1); LET_GO; return done;
}
ssize_t pwrite(int handle, const void *data, size_t size, off_t at) {
    REAL(pwrite, ssize_t, int, const void *, size_t, off_t);
    if (!is_inside(handle)) return real(handle, data, size, at);
    HOLD; ssize_t done = real(handle, data, size, at); if (done > 0) wrote(handle, data, done, at); LET_GO; return done;
}
ssize_t pwrite64(int handle, const void *data, size_t size, off_t at) { return pwrite(handle, data, size, at); }
ssize_t writev(int handle, const struct iovec *parts, int count) {
    REAL(writev, ssize_t, int, const struct iovec *, int);
    if (!is_inside(handle)) return real(handle, parts, count);
    ssize_t all = 0;
    for (int n = 0; n < count; n++) { ssize_t done = write(handle, parts[n].iov_base, parts[n].iov_len); if (done < 0) return all ? all : done; all += done; }
    return all;
}
/* Copies within the kernel are refused, and made by reading and writing. */
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    REAL(sendfile, ssize_t, int, int, off_t *, size_t);
    if (is_inside(to)) { errno = ENOTSOCK; return -1; }
    return real(to, from, at, size);
}
ssize_t sendfile64(int to, int from, off_t *at, size_t size) { return sendfile(to, from, at, size); }
ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t size, unsigned flags) {
    REAL(copy_file_range, ssize_t, int, off_t *, int, off_t *, size_t, unsigned);
    if (is_inside(to)) { errno = EXDEV; return -1; }
    return real(from, from_at, to, to_at, size, flags);
}
int ftruncate(int handle, off_t size) {
    REAL(ftruncate, int, int, off_t);
    if (!is_inside(handle)) return real(handle, size);
    HOLD; int failed = real(handle, size); if (!failed) record(TRUNCATE, inode_at(handle), size, "", 0, "", 0); LET_GO; return failed;
}
int ftruncate64(int handle, off_t size) { return ftruncate(handle, size); }
int fsync(int handle) {
    REAL(fsync, int, int);
    if (!is_inside(handle)) return real(handle);
    HOLD; int failed = real(handle); if (!failed) record(SYNC, inode_at(handle), 0, "", 0, "", 0); LET_GO; return failed;
}
int fdatasync(int handle) { return fsync(handle); }

static int made(int folder, const char *path, mode_t mode) {
    char full[PATH_MAX * 2];
    if (!meant(folder, path, full)) return real_syscall()(SYS_mkdirat, folder, path, mode);
    HOLD; int failed = real_syscall()(SYS_mkdirat, folder, path, mode); if (!failed) named(MAKE_FOLDER, inode_of(folder, path), full, ""); LET_GO; return failed;
}
int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }

int symlinkat(const char *target, int folder, const char *path) {
    char full[PATH_MAX * 2];
    if (!meant(folder, path, full)) return real_syscall()(SYS_symlinkat, target, folder, path);
    HOLD; int failed = real_syscall()(SYS_symlinkat, target, folder, path); if (!failed) named(SYMLINK, inode_of(folder, path), full, target); LET_GO; return failed;
}
int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int linkat(int folder, const char *path, int other_folder, const char *other, int flags) {
    char full[PATH_MAX * 2], other_full[PATH_MAX * 2];
    int below = meant(folder, path, full), other_below = meant(other_folder, other, other_full);
    if (!below && !other_below) return real_syscall()(SYS_linkat, folder, path, other_folder, other, flags);
    HOLD; int failed = real_syscall()(SYS_linkat, folder, path, other_folder, other, flags); if (!failed) named(LINK, 0, full, other_full); LET_GO; return failed;
}
int link(const char *path, const char *other) { return linkat(AT_FDCWD, path, AT_FDCWD, other, 0); }

static int renamed(int folder, const char *path, int other_folder, const char *other, unsigned flags) {
    char full[PATH_MAX * 2], other_full[PATH_MAX * 2];
    int below = meant(folder, path, full), other_below = meant(other_folder, other, other_full);
    if (!below && !other_below) return real_syscall()(SYS_renameat2, folder, path, other_folder, other, flags);
    HOLD;
    int failed = real_syscall()(SYS_renameat2, folder, path, other_folder, other, flags);
    if (!failed) record(RENAME, 0, flags, full, strlen(full), other_full, strlen(other_full));
    LET_GO;
    return failed;
}
int rename(const char *path, const char *other) { return renamed(AT_FDCWD, path, AT_FDCWD, other, 0); }
int renameat(int folder, const char *path, int other_folder, const char *other) { return renamed(folder, path, other_folder, other, 0); }
int renameat2(int folder, const char *path, int other_folder, const char *other, unsigned flags) { return renamed(folder, path, other_folder, other, flags); }

int unlinkat(int folder, const char *path, int flags) {
    char full[PATH_MAX * 2];
    if (!meant(folder, path, full)) return real_syscall()(SYS_unlinkat, folder, path, flags);
    HOLD; int failed = real_syscall()(SYS_unlinkat, folder, path, flags); if (!failed) named(REMOVE, 0, full, ""); LET_GO; return failed;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) { int failed = unlink(path); return failed && (errno == EISDIR || errno == EPERM) ? rmdir(path) : failed; }

/* What a library calls by number: the same calls; everything else goes through. */
long syscall(long number, ...) {
    long a[6]; va_list list; va_start(list, number); for (int n = 0; n < 6; n++) a[n] = va_arg(list, long); va_end(list);
    if (number == SYS_renameat2) return renamed(a[0], (const char *)a[1], a[2], (const char *)a[3], a[4]);
    return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
