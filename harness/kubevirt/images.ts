import { containersOf, IMAGE, operatorOf } from './build.ts';
import type { ManifestObject } from './manifest.ts';
import { fieldsOf, itemsOf } from './record.ts';

/** The user's own images in place of those of the manifest. */
export interface ImageChanges {
  /** Registry and folder, e.g. `quay.example/kubevirt`. */
  readonly imageRegistry: string | undefined;
  readonly imageTag: string | undefined;
  readonly imagePullPolicy: string | undefined;
}

/** Of the operator's variables: those that name an image. Source: pkg/virt-operator/util/config.go, v0.59 to v1.9. */
const IMAGE_VARIABLE = /^(OPERATOR|VIRT_[A-Z]+(_[A-Z]+)*|GS|PR_HELPER|SIDECAR_SHIM)_IMAGE$/;
/** Of operators before v1.1: a digest beats the tag, so one that is left would bring the old image back. */
const DIGEST_VARIABLE = /_SHASUM$/;

/**
 * The manifest with the user's images: of the operator itself and of all that it is told by variables. The others it
 * finds beside its own. A digest names one image wherever it lies; where a tag is wanted, it goes.
 */
export function changeImages(objects: readonly ManifestObject[], changes: ImageChanges): readonly ManifestObject[] {
  const operator = operatorOf(objects);
  if (operator === undefined || Object.values(changes).every((change) => change === undefined)) return objects;
  const spec = fieldsOf(operator.spec);
  const template = fieldsOf(spec.template);
  const pod = fieldsOf(template.spec);
  const containers = containersOf(operator).map((container) => changeContainer(container, changes));
  const changed = { ...operator, spec: { ...spec, template: { ...template, spec: { ...pod, containers } } } };
  return objects.map((object) => (object === operator ? changed : object));
}

/** What the custom resource has to say of images, in the operator's understanding: registry and tag beat its own. */
export function imagesInResource(
  { imageRegistry, imageTag }: ImageChanges,
  namePrefix: string,
): Readonly<Record<string, string | undefined>> {
  // With them virt-operator forgets the prefix of its own image's name, and looks for an image that nobody pushed.
  if (namePrefix !== '') return { imageRegistry: undefined, imageTag: undefined };
  return {
    ...(imageRegistry === undefined ? {} : { imageRegistry }),
    ...(imageTag === undefined ? {} : { imageTag }),
  };
}

function changeContainer(container: Readonly<Record<string, unknown>>, changes: ImageChanges): object {
  const { image, env, imagePullPolicy } = container;
  return {
    ...container,
    ...(typeof image === 'string' ? { image: changeImage(image, changes) } : {}),
    ...(imagePullPolicy === undefined && changes.imagePullPolicy === undefined
      ? {}
      : { imagePullPolicy: changes.imagePullPolicy ?? imagePullPolicy }),
    ...(env === undefined ? {} : { env: itemsOf(env).flatMap((each) => changeVariable(each, changes)) }),
  };
}

function changeVariable(variable: unknown, changes: ImageChanges): readonly unknown[] {
  const { name, value } = fieldsOf(variable);
  if (typeof name !== 'string' || typeof value !== 'string') return [variable];
  if (IMAGE_VARIABLE.test(name)) return [{ ...fieldsOf(variable), value: changeImage(value, changes) }];
  if (changes.imageTag === undefined) return [variable];
  if (DIGEST_VARIABLE.test(name)) return [];
  return name === 'KUBEVIRT_VERSION' ? [{ ...fieldsOf(variable), value: changes.imageTag }] : [variable];
}

function changeImage(image: string, { imageRegistry, imageTag }: ImageChanges): string {
  const match = IMAGE.exec(image);
  if (match === null) return image;
  const suffix = imageTag === undefined ? (match[3] ?? '') : `:${imageTag}`;
  return `${imageRegistry ?? match[1]}/${match[2]}${suffix}`;
}
