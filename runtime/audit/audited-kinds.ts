import type { ChainState, Event } from "../contracts/millrace/event/v1/event.ts";
import {
  blessedChain,
  blessedEvent,
  type Blessings,
  cacheChain,
  cacheEvent,
  type CachedOutcome,
  type Chain,
  type ChainKind,
  type Control,
  controlChain,
  controlEvent,
  type Outcome,
  outcomeChain,
  outcomeEvent,
  pipelineChain,
  pipelineEvent,
  type Registrations,
  type Retention,
  retentionChain,
  retentionEvent,
  type Target,
  targetChain,
  targetEvent,
} from "../journal/mod.ts";

type Body = NonNullable<Event["body"]>;

/** A kind of chain, and the state that a writer who follows the rules has its event carry. */
export interface AuditedKind<State> {
  readonly kind: ChainKind<State>;
  /** Undefined for a body that has no place on such a chain. */
  carriedBy(chain: Chain<State>, body: Body): ChainState | undefined;
}

export const auditedControl: AuditedKind<Control> = {
  kind: controlChain,
  carriedBy(chain, body) {
    const fits = body.$case === "cancelRequested" || body.$case === "resumed" || body.$case === "nudged";
    return fits ? controlEvent(chain, body).state : undefined;
  },
};

export const auditedOutcome: AuditedKind<Outcome> = {
  kind: outcomeChain,
  carriedBy(chain, body) {
    const fits = body.$case === "runSucceeded" || body.$case === "runFailed" || body.$case === "runCancelled";
    return fits ? outcomeEvent(chain, body).state : undefined;
  },
};

export const auditedBlessings: AuditedKind<Blessings> = {
  kind: blessedChain,
  carriedBy: (chain, body) => (body.$case === "modelBlessed" ? blessedEvent(chain, body.value).state : undefined),
};

export const auditedCache: AuditedKind<CachedOutcome> = {
  kind: cacheChain,
  carriedBy(chain, body) {
    const fits = body.$case === "cacheEntry" || body.$case === "cacheRevoked";
    return fits ? cacheEvent(chain, body).state : undefined;
  },
};

export const auditedPipeline: AuditedKind<Registrations> = {
  kind: pipelineChain,
  carriedBy: (chain, body) =>
    body.$case === "pipelineRegistered" ? pipelineEvent(chain, body.value).state : undefined,
};

export const auditedTarget: AuditedKind<Target> = {
  kind: targetChain,
  carriedBy(chain, body) {
    const fits = body.$case === "pushIntended" || body.$case === "pushed" || body.$case === "rolledBack";
    return fits ? targetEvent(chain, body).state : undefined;
  },
};

export const auditedRetention: AuditedKind<Retention> = {
  kind: retentionChain,
  carriedBy(chain, body) {
    const fits =
      body.$case === "pinned" || body.$case === "unpinned" || body.$case === "collected" || body.$case === "restored";
    return fits ? retentionEvent(chain, body)?.state : undefined;
  },
};
