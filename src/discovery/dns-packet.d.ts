/** What is used of it: the package has no types of its own. */
declare module 'dns-packet' {
  interface Packet {
    type?: string;
    flags?: number;
    opcode?: string;
    questions?: object[];
    answers?: object[];
    authorities?: object[];
    additionals?: object[];
  }
  const packet: {
    /** @throws Error for what is no record */
    encode(packet: Packet): Buffer;
    /** @throws Error for what is no packet */
    decode(bytes: Buffer): Required<Packet>;
  };
  export default packet;
}
