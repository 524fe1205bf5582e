/** CDI's DataVolume as a VirtualMachine's `dataVolumeTemplates` carry it. Notation: ../shapes.ts. */
export const dataVolumesTable = `
DataVolumeTemplateSpec
  apiVersion string
  kind       string
  metadata   any            nullable
  spec!      DataVolumeSpec
  status     *object        nullable

DataVolumeSpec
  checkpoints       []DataVolumeCheckpoint
  contentType       string                     enum=kubevirt|archive
  finalCheckpoint   bool
  preallocation     *bool
  priorityClassName string
  pvc               *PersistentVolumeClaimSpec
  source            *CdiDataVolumeSource
  sourceRef         *CdiDataVolumeSourceRef
  storage           *StorageSpec

DataVolumeCheckpoint
  current!  string
  previous! string

CdiDataVolumeSource
  blank    *object
  gcs      *CdiDataVolumeSourceGCS      since=v1.0
  http     *CdiDataVolumeSourceHTTP
  imageio  *CdiDataVolumeSourceImageIO
  pvc      *CdiDataVolumeSourcePVC
  registry *CdiDataVolumeSourceRegistry
  s3       *CdiDataVolumeSourceS3
  snapshot *CdiDataVolumeSourceSnapshot since=v1.0
  upload   *object
  vddk     *CdiDataVolumeSourceVDDK

CdiDataVolumeSourceGCS
  secretRef string
  url!      string

CdiDataVolumeSourceHTTP
  certConfigMap      string
  extraHeaders       []string
  secretExtraHeaders []string
  secretRef          string
  url!               string

CdiDataVolumeSourceImageIO
  certConfigMap      string
  diskId!            string
  insecureSkipVerify *bool  since=v1.8
  secretRef          string
  url!               string

CdiDataVolumeSourcePVC
  name!      string
  namespace! string

CdiDataVolumeSourceRegistry
  certConfigMap *string
  imageStream   *string
  platform      *PlatformOptions since=v1.6
  pullMethod    *string
  secretRef     *string
  url           *string

PlatformOptions
  architecture string

CdiDataVolumeSourceS3
  certConfigMap string
  secretRef     string
  url!          string

CdiDataVolumeSourceSnapshot
  name!      string
  namespace! string

CdiDataVolumeSourceVDDK
  backingFile  string
  extraArgs    string since=v1.6
  initImageURL string
  secretRef    string
  thumbprint   string
  url          string
  uuid         string

CdiDataVolumeSourceRef
  kind!     string
  name!     string
  namespace *string

StorageSpec
  accessModes      []string
  dataSource       *TypedLocalObjectReference
  dataSourceRef    *TypedObjectReference      since=v1.0
  resources        CoreResourceRequirements   until=v1.5
  resources        VolumeResourceRequirements since=v1.5
  selector         *LabelSelector
  storageClassName *string
  volumeMode       *string                    known=Block|Filesystem|FromStorageProfile
  volumeName       string
`;
