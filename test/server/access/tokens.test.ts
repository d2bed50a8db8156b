import { expect, test } from 'vitest';
import { Tokens } from '#sealift/server/access/tokens.js';

test('a token is one of those that are there, and nothing near it', () => {
  const tokens = new Tokens(['first-token', 'zweites-Wort']);
  expect(tokens.has('first-token')).toBe(true);
  expect(tokens.has('zweites-Wort')).toBe(true);
  for (const near of ['', 'first-toke', 'first-token ', 'First-token', 'first-token\0', 'x'.repeat(1e6)]) {
    expect(tokens.has(near)).toBe(false);
  }
});

test('a ticket is of one token, until it expires, and of one process', () => {
  const [key, later] = [Buffer.alloc(32, 1), Math.floor(Date.now() / 1_000) + 60];
  const tokens = new Tokens(['first-token', 'zweites-Wort'], key);
  for (const token of ['first-token', 'zweites-Wort']) {
    const ticket = tokens.ticketFor(token, later);
    expect(tokens.hasTicket(ticket)).toBe(true);
    expect(ticket).not.toContain(token);
    expect(new Tokens(['first-token', 'zweites-Wort']).hasTicket(ticket)).toBe(false);
    expect(tokens.hasTicket(tokens.ticketFor(token, later - 61))).toBe(false);
    for (const near of [
      `${ticket}x`,
      ticket.slice(0, -1),
      ticket.replace('.', ''),
      ` ${ticket}`,
      `${ticket}\n`,
      '',
    ]) {
      expect(tokens.hasTicket(near), near).toBe(false);
    }
  }
  expect(tokens.hasTicket(tokens.ticketFor('third-token', later))).toBe(false);
  expect(new Tokens(['first-token'], key).hasTicket(tokens.ticketFor('zweites-Wort', later))).toBe(false);
});

test('none is none', () => {
  expect(new Tokens([]).isEmpty).toBe(true);
  expect(new Tokens([]).has('')).toBe(false);
});
