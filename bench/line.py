"""Joins two network namespaces by two TUN devices whose packets take a while: line.py NEAR FAR DEVICE MILLISECONDS.

Writes `ready` when both devices are there; ends, and takes them along, when its standard input does.
"""
import collections, ctypes, fcntl, os, select, struct, sys, time

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x1, 0x1000, 0x4000
CHECKSUMS, SEGMENTS_4 = 0x1, 0x2
CLONE_NEWNET = 0x40000000
# Enough for twice what is on its way at 1 GB/s; what comes beyond that is lost, as on any line.
MOST_BYTES = 64 << 20


def device(namespace, name):
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/run/netns/" + namespace) as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    # Whole segments of TCP, not packets of 1500 bytes: the line costs the machine little.
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(tun, TUNSETOFFLOAD, CHECKSUMS | SEGMENTS_4)
    return tun


def main():
    near, far, name, milliseconds = sys.argv[1:]
    delay = float(milliseconds) / 1000
    ends = [device(near, name), device(far, name)]
    print("ready", flush=True)
    poll = select.epoll()
    for fd in (*ends, 0):
        poll.register(fd, select.EPOLLIN | select.EPOLLHUP)
    peers = {ends[0]: ends[1], ends[1]: ends[0]}
    waiting, held = collections.deque(), 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for fd, _ in poll.poll(timeout):
            if fd == 0:
                return
            for _ in range(64):
                try:
                    packet = os.read(fd, 70000)
                except BlockingIOError:
                    break
                if held < MOST_BYTES:
                    held += len(packet)
                    waiting.append((time.monotonic() + delay, peers[fd], packet))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, fd, packet = waiting.popleft()
            held -= len(packet)
            try:
                os.write(fd, packet)
            except OSError:
                pass


main()
