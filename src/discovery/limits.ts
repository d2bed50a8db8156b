/** RFC 6762: the port of multicast DNS, and the largest packet that a peer may send (section 17). */
export const MDNS_PORT = 5353;
export const PACKET_MAX = 9_000;

/** Questions and records in one packet. The header may claim 65,535 of each, and a decoder makes room for them. */
export const RECORDS_MAX = 256;

/** Bytes of packets that are decoded in a second, and at once: names that point to names take long to read. */
export const DECODED_PER_SECOND = 256 * 1024;
export const DECODED_AT_ONCE = 512 * 1024;
/** What the smallest packet counts as: it has its price too. */
export const COST_MIN = 512;

/** Answers that a server sends in a second, and at once: one question of 9 kB must not be answered a thousand times. */
export const ANSWERS_PER_SECOND = 10;
export const ANSWERS_AT_ONCE = 20;

/** Packets that wait to be sent. */
export const WAITING_MAX = 32;

/** Linux lets one socket join 20 groups (igmp_max_memberships). */
export const INTERFACES_MAX = 16;

export const SERVERS_MAX = 1_000;
/** Addresses of one server. */
export const ADDRESSES_MAX = 16;
/** So that a question fits into one packet, whatever the names are. */
export const QUESTIONS_MAX = 30;
/** Names that were heard of without their address, and are asked for again. */
export const PENDING_MAX = 50;
