// What to do about a request that failed.

import type { PricedTurn } from "../bindings/PricedTurn";

/** A sentence for people; none: nothing is known that helps. */
export function advice(turn: PricedTurn): string | null {
  switch (turn.end) {
    case "refused":
      return "This answer is LLM Proxy’s own: the request was not forwarded. Check the address that the client was given.";
    case "upstream_error":
      return "The provider could not be reached. Check the network, and the upstream in the settings.";
    case "upstream_truncated":
      return "The provider’s connection broke in the middle of the answer. The client saw the same break.";
    case "proxy_killed":
      return "LLM Proxy ended while the answer came. What the client had received by then is here.";
    case "client_aborted":
      return null;
    case "ok":
    case null:
      return turn.status === null ? null : byStatus(turn.status);
  }
}

function byStatus(status: number): string | null {
  switch (status) {
    case 400:
      return "The provider did not accept the request as it was sent: its message says which part.";
    case 401:
      return "The provider did not accept the key. The client’s key is passed on unchanged: check it there.";
    case 402:
      return "The account has no credit left.";
    case 403:
      return "The key may not do this: check its permissions and the model’s availability.";
    case 404:
      return "The provider knows no such path or model: check the base URL and the model’s name.";
    case 413:
      return "The request is too large for the provider.";
    case 429:
      return "A rate limit was reached. Most clients wait and try again; the response’s headers say how long.";
    case 529:
    case 503:
      return "The provider is overloaded. Most clients try again by themselves.";
    default:
      return status >= 500 ? "The provider failed. Trying again may help; its status page says more." : null;
  }
}
