/** A `metav1.LabelSelector`, as Deployments, webhooks or disruption budgets carry it. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly SelectorRequirement[];
}

export interface SelectorRequirement {
  readonly key: string;
  /** `In`, `NotIn`, `Exists`, `DoesNotExist`; nodes and selectors in queries know `Gt` and `Lt` too. */
  readonly operator: string;
  readonly values?: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** Whether a `metav1.LabelSelector` picks these labels. An absent one picks nothing, an empty one everything. */
export function selects(selector: unknown, labels: Labels | undefined): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labels?.[key] === value) &&
    (matchExpressions ?? []).every((requirement) => meets(requirement, labels))
  );
}

/** Whether labels meet one requirement. */
export function meets({ key, operator, values = [] }: SelectorRequirement, labels: Labels | undefined): boolean {
  const value = labels?.[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
