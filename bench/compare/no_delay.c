/* Preloaded into a server: every connection that it accepts sends at once (TCP_NODELAY). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef int accept4_function(int, struct sockaddr *, socklen_t *, int);

int accept4(int listener, struct sockaddr *address, socklen_t *size, int flags)
{
    accept4_function *next = (accept4_function *)dlsym(RTLD_NEXT, "accept4");
    int made = next(listener, address, size, flags);
    int on = 1;
    if (made >= 0)
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}
