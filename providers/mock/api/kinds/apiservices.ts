import { isObject, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { forbidden, invalid, required } from './causes.ts';
import { column } from './columns.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';

const TYPES = expandTable(
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  `
ServiceReference: namespace name port:int?
APIServiceSpec: service:ServiceReference% group version insecureSkipTLSVerify:bool caBundle:bytes groupPriorityMinimum!:int+
  versionPriority!:int+
APIServiceCondition: type!:string+ status!:string+ lastTransitionTime:time reason message
APIServiceStatus: conditions:[APIServiceCondition]{type}
APIService: spec:APIServiceSpec+ status:APIServiceStatus+
`,
  META,
);

/** APIServices. */
export const APISERVICE_KINDS: readonly ResourceType[] = [
  defineKind({
    group: 'apiregistration.k8s.io',
    kind: 'APIService',
    description: 'Who serves a version of an API group.',
    categories: ['api-extensions'],
    clusterWide: true,
    subresources: ['status'],
    schema: TYPES.APIService,
    columns: [
      column('Service', serviceText, 'Local, or the service behind it.'),
      column('Available', availableText, 'Whether it answers.'),
    ],
    defaults: (object) => {
      const service = objectAt(object, 'spec').service;
      if (!isObject(service)) return object;
      return { ...object, spec: { ...objectAt(object, 'spec'), service: { ...service, port: service.port ?? 443 } } };
    },
    validate: serviceProblems,
  }),
];

function serviceText(object: KubeObject): string {
  const service = objectAt(object, 'spec').service;
  return isObject(service) ? `${textAt(service, 'namespace')}/${textAt(service, 'name')}` : 'Local';
}

function availableText(object: KubeObject): string {
  const condition = listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Available');
  if (condition === undefined) return 'Unknown';
  const status = textAt(condition, 'status');
  return status === 'True' ? status : `${status} (${textAt(condition, 'reason')})`;
}

function serviceProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const [group, version] = [textAt(spec, 'group'), textAt(spec, 'version')];
  const name = object.metadata.name ?? '';
  const causes: StatusCause[] = [];
  if (name !== `${version}.${group}`) {
    causes.push(invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: "${version}.${group}"`));
  }
  if (version === '') causes.push(required('spec.version'));
  const [groupPriority, versionPriority] = [
    numberAt(spec, 'groupPriorityMinimum') ?? 0,
    numberAt(spec, 'versionPriority') ?? 0,
  ];
  if (groupPriority <= 0 || groupPriority > 20000) {
    causes.push(invalid('spec.groupPriorityMinimum', groupPriority, 'must be positive and less than 20000'));
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    causes.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  }
  if (isObject(spec.service)) {
    if (textAt(spec.service, 'namespace') === '') causes.push(required('spec.service.namespace'));
    if (textAt(spec.service, 'name') === '') causes.push(required('spec.service.name'));
    if (spec.caBundle !== undefined && spec.insecureSkipTLSVerify === true) {
      causes.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
    }
  } else if (spec.caBundle !== undefined || spec.insecureSkipTLSVerify === true) {
    causes.push(forbidden('spec.caBundle', 'local APIServices may not have a caBundle'));
  }
  return causes;
}
