#include <errno.h>
#include <linux/capability.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What Swift cannot call: variadic functions, and a socket option below libpcap. */

/* Takes no packet from now on. Those in the ring stay, which pcap_setfilter() would throw away. */
static inline int tidemark_pcap_refuse_all(pcap_t *handle) {
  struct bpf_insn refuse = {0x06 /* BPF_RET | BPF_K */, 0, 0, 0};
  struct { unsigned short count; struct bpf_insn *code; } program = {1, &refuse};
  return setsockopt(pcap_fileno(handle), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* A descriptor that becomes readable with the first eventfd_write(). */
static inline int tidemark_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline int tidemark_no_new_privileges(void) {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static inline int tidemark_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* Gives up every capability of this thread, the ambient ones included. */
static inline int tidemark_drop_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
  memset(none, 0, sizeof none);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
  return (int)syscall(SYS_capset, &header, none);
}

/* What a thread is to become that setuid() does not reach, and how it says that it did. */
struct tidemark_orders { uid_t user; gid_t group; int changes_user, event; };

static inline struct tidemark_orders *tidemark_orders(void) {
  static struct tidemark_orders orders;
  return &orders;
}

static inline void tidemark_obey(int signal) {
  int saved = errno;
  unsigned long long one = 1;
  (void)signal;
  if (tidemark_orders()->changes_user) {
    uid_t user = tidemark_orders()->user;
    gid_t group = tidemark_orders()->group;
    syscall(SYS_setgroups, 1, &group);
    syscall(SYS_setresgid, group, group, group);
    syscall(SYS_setresuid, user, user, user);
  }
  tidemark_drop_capabilities();
  tidemark_no_new_privileges();
  if (write(tidemark_orders()->event, &one, sizeof one) != sizeof one) { /* nobody waits */ }
  errno = saved;
}

/* Makes another thread of this process give its privileges up. It runs a signal handler, so that a
 * thread that only waits for signals is reached: the C library passes those over that have called
 * pthread_exit(), as the first thread of a program does whose main function is asynchronous.
 * Returns 0 when the thread obeyed within a second. */
static inline int tidemark_drop_in_thread(int thread, int changes_user, uid_t user, gid_t group) {
  struct sigaction action, before;
  struct pollfd told = {tidemark_event(), POLLIN, 0};
  int result = -1;
  if (told.fd < 0) return -1;
  tidemark_orders()->user = user;
  tidemark_orders()->group = group;
  tidemark_orders()->changes_user = changes_user;
  tidemark_orders()->event = told.fd;
  memset(&action, 0, sizeof action);
  action.sa_handler = tidemark_obey;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(SIGURG, &action, &before) == 0) {
    if (syscall(SYS_tgkill, getpid(), thread, SIGURG) == 0) {
      while ((result = poll(&told, 1, 1000)) < 0 && errno == EINTR) continue;
      result = result == 1 ? 0 : -1;
    }
    sigaction(SIGURG, &before, NULL);
  }
  /* A thread that obeys late must not write into a descriptor that is another file by then. */
  if (result == 0) close(told.fd);
  return result;
}
