/** Numbers of the protocol, version 1 (docs/protocol.md). Sizes are in bytes. */
export const PROTOCOL_VERSION = 1;
export const DEFAULT_PORT = 9696;

export const FRAME_PREFIX = 4;
export const HEADER_MIN = 2;
export const HEADER_MAX = 65_536;
export const HEADER_DEPTH_MAX = 16;

export const NAME_MAX = 1_024;
export const SEGMENT_MAX = 255;
export const PATTERN_MAX = 1_024;
export const PATTERN_ALTERNATIVES_MAX = 64;
export const ID_MAX = 16_384;
export const LIST_MAX = 1_000;
export const PING_MAX = 1_024;
/** Of a program, itself counted. */
export const ARGUMENTS_MAX = 1_024;
/** Of a capability, in characters. */
export const SHARE_MAX = 2_048;
export const SESSION_MAX = 128;
/** Ten years: how long a share link may be good for that is not good for ever, in seconds. */
export const SHARE_SECONDS_MAX = 315_360_000;
export const SHARE_USES_MAX = 1_000;
/** No entry is longer than this as a line: a name of 1,024 bytes may double when quoted, the rest is short. */
export const LIST_BODY_MAX = LIST_MAX * 4_096;
/** A pattern may become six times as long when quoted. */
export const SHARES_BODY_MAX = LIST_MAX * 8_192;
