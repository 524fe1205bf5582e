import { type ApiRequest, header } from './request.ts';
import { ApiError, failure } from './status.ts';

/** The form in which a client wants an answer. */
export interface Form {
  readonly media: 'application/json' | 'application/yaml';
  /** A transformation of `meta.k8s.io/v1`, or of discovery; empty for the object itself. */
  readonly as: string;
  /** Group and version of the transformation, e.g. `apidiscovery.k8s.io/v2`. */
  readonly asVersion: string;
}

const AVAILABLE = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const META_FORMS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/** Chooses the best form of those accepted; binary ones are passed over. @throws ApiError 406. */
export function formOf(request: ApiRequest, offered: (form: Form) => boolean = isMetaForm): Form {
  const accept = header(request, 'accept') ?? '';
  if (accept.trim() === '') return { media: 'application/json', as: '', asVersion: '' };
  for (const clause of accept.split(',')) {
    const form = parsed(clause);
    if (form !== undefined && (form.as === '' || offered(form))) return form;
  }
  throw notAcceptable();
}

function isMetaForm({ as, asVersion }: Form): boolean {
  return META_FORMS.has(as) && (asVersion === 'meta.k8s.io/v1' || asVersion === 'meta.k8s.io/v1beta1');
}

function parsed(clause: string): Form | undefined {
  const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']));
  const media = MEDIA[type];
  if (media === undefined || parameters.get('stream') === 'none') return undefined;
  const as = parameters.get('as') ?? '';
  return { media, as, asVersion: as === '' ? '' : `${parameters.get('g') ?? ''}/${parameters.get('v') ?? ''}` };
}

const MEDIA: Readonly<Record<string, Form['media']>> = {
  'application/json': 'application/json',
  'application/*': 'application/json',
  '*/*': 'application/json',
  'application/yaml': 'application/yaml',
};

function notAcceptable(): ApiError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${AVAILABLE.join(', ')}`;
  return new ApiError(failure({ code: 406, reason: 'NotAcceptable', message, details: {} }));
}
