import type { Plan, PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { ParsedSubject } from "../../log/mod.ts";

/** A run's message that wakes a component. */
export type TriggerSubject = Extract<ParsedSubject, { kind: "artifact" | "started" | "control" }>;

/** Whether the subject is one that wakes components. */
export function isTriggerSubject(subject: ParsedSubject): subject is TriggerSubject {
  return subject.kind === "artifact" || subject.kind === "started" || subject.kind === "control";
}

/**
 * A trigger's work: every node of the component in the run's plan that takes that artifact; on `started` those
 * without inputs; on `control` all of them. Source: docs/protocol.md, Deciding a node (1).
 */
export function triggeredNodes(plan: Plan, component: string, trigger: TriggerSubject): readonly PlanNode[] {
  const own = plan.nodes.filter((node) => node.component === component);
  switch (trigger.kind) {
    case "control":
      return own;
    case "started":
      return own.filter(({ inputs }) => !inputs.some(({ source }) => source?.$case === "output"));
    case "artifact":
      return own.filter(({ inputs }) =>
        inputs.some(
          ({ source }) =>
            source?.$case === "output" && source.value.node === trigger.node && source.value.output === trigger.output,
        ),
      );
  }
}
