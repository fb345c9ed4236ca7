"""Octets as text, for code written when a Python string was a string of octets.

The suite keeps the octets of the wire in `str`. Here each octet is the character of the same number
(latin-1), and they become bytes only where the suite meets the library below it. port.py copies
this module into the installed suite.
"""
import binascii


def to_bytes(value):
    return value.encode("latin-1") if isinstance(value, str) else value


def to_str(value):
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, bytearray)) else value


def b2a_hex(value):
    return binascii.b2a_hex(to_bytes(value)).decode("ascii")


hexlify = b2a_hex


class Boundary:
    """Stands before the library's protocol class: text comes in, bytes go on."""

    def sendFrame(self, opcode, payload=b"", fin=True, rsv=0, mask=None, payload_len=None,
                  chopsize=None, sync=False):
        payload = to_bytes(payload)
        if payload_len is not None:  # the library would repeat the payload with Python 2 division
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        return super().sendFrame(opcode=opcode, payload=payload, fin=fin, rsv=rsv,
                                 mask=to_bytes(mask), chopsize=chopsize, sync=sync)

    def sendMessage(self, payload, isBinary=False, fragmentSize=None, sync=False,
                    doNotCompress=False):
        return super().sendMessage(to_bytes(payload), isBinary, fragmentSize, sync, doNotCompress)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        return super().sendCloseFrame(code, to_bytes(reasonUtf8), isReply)

    def sendPing(self, payload=None):
        return super().sendPing(to_bytes(payload))

    def sendPong(self, payload=None):
        return super().sendPong(to_bytes(payload))

    def sendMessageFrame(self, payload, sync=False):
        return super().sendMessageFrame(to_bytes(payload), sync)

    def sendMessageFrameData(self, payload, sync=False):
        return super().sendMessageFrameData(to_bytes(payload), sync)

    def sendData(self, data, sync=False, chopsize=None):
        return super().sendData(to_bytes(data), sync, chopsize)
