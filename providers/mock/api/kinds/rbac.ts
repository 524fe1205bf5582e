import { isObject, type Json, listAt, sameJson, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { PrinterColumn, ResourceType } from '../resource-type.ts';
import { invalid, required, unsupported } from './causes.ts';
import { column, wideColumn } from './columns.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';

const GROUP = 'rbac.authorization.k8s.io';

const TYPES = expandTable(
  'io.k8s.api.rbac.v1',
  `
PolicyRule: verbs!:[string]+ apiGroups:[string] resources:[string] resourceNames:[string] nonResourceURLs:[string]
Subject@: kind!:string+ apiGroup name!:string+ namespace
RoleRef@: apiGroup!:string+ kind!:string+ name!:string+
AggregationRule: clusterRoleSelectors:[LabelSelector]
Role: rules:[PolicyRule]+
ClusterRole: rules:[PolicyRule]+ aggregationRule:AggregationRule
RoleBinding: subjects:[Subject] roleRef!:RoleRef+
ClusterRoleBinding: subjects:[Subject] roleRef!:RoleRef+
`,
  META,
);

/** Roles and who has them. */
export const RBAC_KINDS: readonly ResourceType[] = [
  defineKind({
    group: GROUP,
    kind: 'ClusterRoleBinding',
    description: 'Who has a ClusterRole in the whole cluster.',
    clusterWide: true,
    schema: TYPES.ClusterRoleBinding,
    columns: bindingColumns(),
    defaults: defaultBinding,
    validate: (object) => bindingProblems(object, ['ClusterRole']),
    validateUpdate: fixedRole,
  }),
  defineKind({
    group: GROUP,
    kind: 'ClusterRole',
    description: 'What may be done in the whole cluster.',
    clusterWide: true,
    schema: TYPES.ClusterRole,
    columnsWithoutAge: true,
    columns: roleColumns(),
    validate: (object) => ruleProblems(object, false),
  }),
  defineKind({
    group: GROUP,
    kind: 'RoleBinding',
    description: 'Who has a role in a namespace.',
    schema: TYPES.RoleBinding,
    columns: bindingColumns(),
    defaults: defaultBinding,
    validate: (object) => bindingProblems(object, ['Role', 'ClusterRole']),
    validateUpdate: fixedRole,
  }),
  defineKind({
    group: GROUP,
    kind: 'Role',
    description: 'What may be done in a namespace.',
    schema: TYPES.Role,
    columnsWithoutAge: true,
    columns: roleColumns(),
    validate: (object) => ruleProblems(object, true),
  }),
];

function roleColumns(): readonly PrinterColumn[] {
  return [
    { ...column('Name', (object) => object.metadata.name ?? '', 'Name of the role.'), format: 'name' },
    column('Created At', (object) => object.metadata.creationTimestamp ?? '', 'When it was created.'),
  ];
}

function bindingColumns(): readonly PrinterColumn[] {
  const subjects = (kind: string) => (object: KubeObject) =>
    listAt(object, 'subjects')
      .filter((subject) => textAt(subject, 'kind') === kind)
      .map((subject) =>
        kind === 'ServiceAccount'
          ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`
          : textAt(subject, 'name'),
      )
      .join(', ');
  return [
    column(
      'Role',
      (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
      'The role.',
    ),
    wideColumn('Users', subjects('User'), 'Users who have it.'),
    wideColumn('Groups', subjects('Group'), 'Groups that have it.'),
    wideColumn('ServiceAccounts', subjects('ServiceAccount'), 'ServiceAccounts that have it.'),
  ];
}

function defaultBinding(object: KubeObject): KubeObject {
  const roleRef = isObject(object.roleRef)
    ? { ...object.roleRef, apiGroup: object.roleRef.apiGroup || GROUP }
    : object.roleRef;
  const subjects = listAt(object, 'subjects').map(defaultSubject);
  return { ...object, ...(subjects.length === 0 ? {} : { subjects }), roleRef };
}

function defaultSubject(subject: unknown): unknown {
  if (!isObject(subject) || textAt(subject, 'apiGroup') !== '') return subject;
  return ['User', 'Group'].includes(textAt(subject, 'kind')) ? { ...subject, apiGroup: GROUP } : subject;
}

function bindingProblems(object: KubeObject, kinds: readonly string[]): readonly StatusCause[] {
  const role = isObject(object.roleRef) ? object.roleRef : {};
  const causes: StatusCause[] = [];
  if (role.apiGroup !== GROUP) causes.push(unsupported('roleRef.apiGroup', role.apiGroup ?? '', [GROUP]));
  if (!kinds.includes(textAt(role, 'kind'))) causes.push(unsupported('roleRef.kind', role.kind ?? '', kinds));
  if (textAt(role, 'name') === '') causes.push(required('roleRef.name'));
  const namespaced = object.kind === 'RoleBinding';
  return [
    ...causes,
    ...listAt(object, 'subjects').flatMap((one, index) => subjectProblems(one, `subjects[${index}]`, namespaced)),
  ];
}

function subjectProblems(subject: unknown, at: string, namespaced: boolean): readonly StatusCause[] {
  const one: Json = isObject(subject) ? subject : {};
  const [kind, group, name] = [textAt(one, 'kind'), textAt(one, 'apiGroup'), textAt(one, 'name')];
  const causes: StatusCause[] = [];
  if (name === '') causes.push(required(`${at}.name`));
  if (kind === 'ServiceAccount') {
    if (group !== '') causes.push(unsupported(`${at}.apiGroup`, group, ['']));
    if (!namespaced && textAt(one, 'namespace') === '') causes.push(required(`${at}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== GROUP) causes.push(unsupported(`${at}.apiGroup`, group, [GROUP]));
  } else causes.push(unsupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return causes;
}

function fixedRole(object: KubeObject, old: KubeObject): readonly StatusCause[] {
  if (sameJson(object.roleRef, old.roleRef)) return [];
  const role = isObject(object.roleRef) ? object.roleRef : {};
  const shown = { APIGroup: role.apiGroup ?? '', Kind: role.kind ?? '', Name: role.name ?? '' };
  return [invalid('roleRef', shown, 'cannot change roleRef')];
}

function ruleProblems(object: KubeObject, namespaced: boolean): readonly StatusCause[] {
  return listAt(object, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const causes: StatusCause[] = [];
    const [verbs, urls] = [listAt(rule, 'verbs'), listAt(rule, 'nonResourceURLs')];
    const [groups, resources] = [listAt(rule, 'apiGroups'), listAt(rule, 'resources')];
    if (verbs.length === 0) causes.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (urls.length > 0) {
      if (namespaced) {
        causes.push(invalid(`${at}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
      }
      if (groups.length > 0 || resources.length > 0) {
        causes.push(
          invalid(`${at}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs'),
        );
      }
      return causes;
    }
    if (groups.length === 0) {
      causes.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (resources.length === 0)
      causes.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return causes;
  });
}
