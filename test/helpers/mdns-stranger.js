import { createSocket } from 'node:dgram';

/** Sends its arguments, packets in base64, whenever it hears anybody ask for anything by multicast DNS. */
const PORT = 5_353;
const GROUP = '224.0.0.251';
const packets = process.argv.slice(2).map((text) => Buffer.from(text, 'base64'));
const socket = createSocket({ type: 'udp4', reuseAddr: true });

socket.on('message', (packet) => {
  const isQuestion = packet.length > 12 && packet.readUInt16BE(2) === 0;
  if (isQuestion) for (const answer of packets) socket.send(answer, PORT, GROUP);
});
socket.bind(PORT, () => {
  socket.addMembership(GROUP, '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  process.stdout.write('listening\n');
});
