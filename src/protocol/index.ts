export { FrameDecoder, type FrameEvent } from './frame-decoder.js';
export { encodeFrame, putFrame } from './frame-encoder.js';
export type { JsonObject } from './header-json.js';
export * from './limits.js';
export { decodeEntry, type Entry, encodeEntry } from './messages/entry.js';
export {
  type ExecFrame,
  type ExecInput,
  type ExecSignal,
  parseExecFrame,
  parseExecInput,
} from './messages/exec-frames.js';
export { toFailure } from './messages/failure.js';
export { type RequestId, readableId } from './messages/fields.js';
export { encodePlainFile } from './messages/plain-file.js';
export {
  decodeReply,
  type HashingProgress,
  parseInterim,
  parseReply,
  type ReplyOf,
} from './messages/reply.js';
export {
  OPS,
  type Op,
  parseRequest,
  type Request,
  type RequestOf,
  requestBodyLength,
} from './messages/request.js';
export { decodeSharedLink, encodeSharedLink, type SharedLink } from './messages/shared-link.js';
export { compareNames, faultOfName, isName } from './name.js';
export { escapePattern, isPattern, Pattern } from './pattern.js';
export { ProtocolError } from './protocol-error.js';
