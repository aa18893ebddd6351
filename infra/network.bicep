// A virtual network in which storage and the vault are reached, and from nowhere else. Each app has a subnet of its own.

param location string
param tags object
param token string
param coreStorageId string
param edgeStorageId string
param vaultId string

var endpoints = [
  { name: 'core-blob', targetId: coreStorageId, kind: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'core-queue', targetId: coreStorageId, kind: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { name: 'core-table', targetId: coreStorageId, kind: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
  { name: 'edge-blob', targetId: edgeStorageId, kind: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'vault', targetId: vaultId, kind: 'vault', zone: 'privatelink.vaultcore.azure.net' }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/22'] }
    subnets: [
      {
        name: 'edge'
        properties: {
          addressPrefix: '10.20.0.0/26'
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'core'
        properties: {
          addressPrefix: '10.20.1.0/25'
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.20.2.0/27' }
      }
    ]
  }

  resource edge 'subnets' existing = { name: 'edge' }
  resource core 'subnets' existing = { name: 'core' }
  resource private 'subnets' existing = { name: 'endpoints' }
}

// One after another: two of them share a zone.
@batchSize(1)
module endpoint 'endpoint.bicep' = [
  for one in endpoints: {
    name: 'endpoint-${one.name}'
    params: {
      location: location
      tags: tags
      name: 'pe-${one.name}-${token}'
      targetId: one.targetId
      kind: one.kind
      zone: one.zone
      networkId: network.id
      subnetId: network::private.id
    }
  }
]

output id string = network.id
output edgeSubnetId string = network::edge.id
output coreSubnetId string = network::core.id
output endpointSubnetId string = network::private.id
