import { expect, test } from 'vitest';
import { type DnsRecord, encodeMessage } from '#sealift/discovery/dns-message.js';
import { ResponderSocket } from '#sealift/discovery/responder-socket.js';
import { answerOf, decoded } from '../helpers/multicast.js';

const ADDRESSES = ['192.168.7.5', '2001:db8::5'];

function responder() {
  const sent: Buffer[] = [];
  const transmit = async (packet: Buffer) => void sent.push(packet);
  const socket = new ResponderSocket(transmit, () => ADDRESSES);
  const send = (packet: Buffer) =>
    new Promise<void>((done) => socket.send(packet, 0, packet.length, 5_353, '', done));
  return { socket, sent, send };
}

test('one question is not answered hundreds of times', async () => {
  const { sent, send } = responder();
  await Promise.all(Array.from({ length: 500 }, () => send(answerOf('nas'))));
  expect(sent.length).toBeGreaterThanOrEqual(20);
  expect(sent.length).toBeLessThan(100);
  // A goodbye is said at any rate.
  const before = sent.length;
  await send(answerOf('nas', { PTR: { ttl: 0 }, SRV: { ttl: 0 }, TXT: { ttl: 0 } }));
  expect(sent).toHaveLength(before + 1);
});

test('an answer tells the addresses of the server, whatever it told before', async () => {
  const { sent, send } = responder();
  const type: DnsRecord = {
    name: '_services._dns-sd._udp.local',
    type: 'PTR',
    ttl: 0,
    data: '_sealift._tcp.local',
  };
  await send(answerOf('nas', { A: { data: '10.0.0.1' } }));
  await send(encodeMessage({ type: 'response', answers: [type, ...decoded(answerOf('nas')).answers] }));
  for (const packet of sent) {
    const { answers, additionals } = decoded(packet);
    expect(answers.map(({ type }) => type)).toEqual(['PTR', 'SRV', 'TXT']);
    expect(additionals.map(({ name, data }) => [name, data])).toEqual(
      ADDRESSES.map((address) => ['nas.local', address]),
    );
  }
  expect(sent).toHaveLength(2);
});

test('whoever listens may throw', () => {
  const { socket } = responder();
  const heard: Buffer[] = [];
  socket.on('message', (packet) => {
    heard.push(packet);
    throw new Error('not foreseen');
  });
  const question = encodeMessage({ type: 'query', questions: [{ name: 'nas.local', type: 'A' }] });
  socket.receive(question, decoded(question), '192.168.7.9');
  expect(heard).toEqual([question]);
  // Answers of others are none of its business.
  socket.receive(answerOf('nas'), decoded(answerOf('nas')), '192.168.7.9');
  expect(heard).toHaveLength(1);
});
