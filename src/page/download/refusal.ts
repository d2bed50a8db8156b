/** A problem document is short; what is longer is no such. */
const LENGTH_MAX = 16 * 1024;
const SHOWN = 300;

/** What an error answer says of itself: the `detail` of a problem document (RFC 9457), else its status. */
export async function detailOf(response: Response): Promise<string> {
  const { headers, statusText, body } = response;
  const isProblem = (headers.get('content-type') ?? '').startsWith('application/problem+json');
  const isShort = Number(headers.get('content-length') ?? Number.NaN) <= LENGTH_MAX;
  if (!isProblem || !isShort) {
    await body?.cancel().catch(() => {});
    return statusText || 'no reason is given';
  }
  const problem: unknown = await response.json().catch(() => null);
  const detail = problem !== null && typeof problem === 'object' && 'detail' in problem ? problem.detail : '';
  return typeof detail === 'string' && detail !== '' ? detail.slice(0, SHOWN) : statusText;
}
