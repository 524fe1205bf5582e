/** `spec.networks` and the interfaces of a VMI's status. Notation: ../shapes.ts. */
export const networksTable = `
Network
  multus        *MultusNetwork
  name!         string
  pod           *PodNetwork
  resourceClaim *ClaimRequest  since=v1.9

MultusNetwork
  default      bool
  networkName! string

PodNetwork
  vmIPv6NetworkCIDR string
  vmNetworkCIDR     string

ClaimRequest
  claimName   string
  requestName string

VirtualMachineInstanceNetworkInterface
  infoSource       string
  interfaceName    string
  ipAddress        string
  ipAddresses      []string
  linkState        string   since=v1.5
  mac              string
  name             string
  podInterfaceName string   since=v1.4
  queueCount       int32
`;
