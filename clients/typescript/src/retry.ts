import type { HexpressError } from "./error.js";

/** How often a call is sent that may be repeated, and for how long. */
export interface RetryPolicy {
  /** How many times at most, the first included. 1 sends everything once. */
  maxAttempts: number;
  /** How many milliseconds all attempts and the pauses between them may take. A longer pause is not begun. */
  maxTotalMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 4, maxTotalMs: 60_000 };

/** The pause after the first attempt, where no answer names one. Each further one is twice as long. */
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;

/** The answers after which the same request may succeed soon. 500 is not among them: a fault stays. */
const PASSING = [429, 502, 503, 504];

/** How many milliseconds to wait after so many attempts; `undefined` where the error is the result. */
export function pause(
  policy: RetryPolicy,
  error: HexpressError,
  attempts: number,
  elapsedMs: number,
): number | undefined {
  const passes = error.code === "NO_ANSWER" || PASSING.includes(error.status);
  if (!passes || attempts >= policy.maxAttempts) {
    return undefined;
  }
  // Clients that failed together should not come back together.
  const spread = 0.5 + Math.random() / 2;
  const own = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), MAX_PAUSE_MS) * spread;
  const wanted = error.retryAfter === undefined ? own : error.retryAfter * 1000;
  return elapsedMs + wanted < policy.maxTotalMs ? wanted : undefined;
}

/** `Retry-After` in seconds. A proxy may name a time instead, which counts by the answer's own clock,
 * or by this machine's where a browser hides that. */
export function retryAfter(headers: Headers): number | undefined {
  const value = headers.get("Retry-After");
  if (value === null) {
    return undefined;
  }
  if (/^\d+$/.test(value)) {
    return Number(value);
  }
  const seconds = (Date.parse(value) - Date.parse(headers.get("Date") ?? new Date().toUTCString())) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

/** Waits, unless the signal ends it before. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
