// One private endpoint, and the name by which it is found in the network.

param location string
param tags object
param name string
param targetId string

@description('Which service of the target: blob, queue, table, vault or sites.')
param kind string
param zone string
param networkId string
param subnetId string

resource dnsZone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
  name: zone
  location: 'global'
  tags: tags

  resource inNetwork 'virtualNetworkLinks' = {
    name: 'bridge'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: kind
        properties: { privateLinkServiceId: targetId, groupIds: [kind] }
      }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: kind, properties: { privateDnsZoneId: dnsZone.id } }]
    }
  }
}
