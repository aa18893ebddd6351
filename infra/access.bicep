// Who may do what, and why. Nothing else gives an app a right in Azure; tests compare this with the calls of the code.

param corePrincipalId string
param edgePrincipalId string

@description('Empty: no platform speaks over queues.')
param platformPrincipalId string
param coreStorageName string
param edgeStorageName string
param vaultName string
param hookKeyName string
param insightsName string

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var queueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
var queueDataMessageProcessor = '8a0f0c08-91a1-4084-bc3d-661d67233fed'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource coreStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: coreStorageName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource hookEvents 'queues' existing = { name: 'service-hook-events' }
    resource requests 'queues' existing = { name: 'ticket-requests' }
    resource updates 'queues' existing = { name: 'ticket-updates' }
    resource alerts 'queues' existing = { name: 'alerts' }
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource requests 'containers' existing = { name: 'ticket-requests' }
  }
}

resource edgeStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: edgeStorageName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName

  resource hookKey 'secrets' existing = { name: hookKeyName }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource coreBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: coreStorage
  name: guid(coreStorage.id, corePrincipalId, blobDataOwner)
  properties: {
    principalId: corePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
    description: 'The core\'s host keeps its leases, timers, function keys and package in blobs; the core reads large requests there, and keeps what it read of repositories.'
  }
}

resource coreQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: coreStorage
  name: guid(coreStorage.id, corePrincipalId, queueDataContributor)
  properties: {
    principalId: corePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    description: 'The core receives, sends and deletes messages; its host renews them (messages/write, which no narrower role has) and makes poison queues.'
  }
}

resource coreTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: coreStorage
  name: guid(coreStorage.id, corePrincipalId, tableDataContributor)
  properties: {
    principalId: corePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
    description: 'The core keeps connections, links, tickets, tokens, imports, failed messages and who reads which repository in tables.'
  }
}

resource coreSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, corePrincipalId, secretsOfficer)
  properties: {
    principalId: corePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
    description: 'The core stores, reads, lists, disables and deletes credentials of connections and managed tokens, and reads its hook key.'
  }
}

resource coreTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, corePrincipalId, metricsPublisher)
  properties: {
    principalId: corePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    description: 'The core\'s host writes logs to Application Insights, which takes none without an identity.'
  }
}

resource edgeBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: edgeStorage
  name: guid(edgeStorage.id, edgePrincipalId, blobDataOwner)
  properties: {
    principalId: edgePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
    description: 'The edge\'s host keeps its leases, function keys and package in blobs of an account that nothing else uses.'
  }
}

resource edgeQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: coreStorage::queues::hookEvents
  name: guid(coreStorage::queues::hookEvents.id, edgePrincipalId, queueDataMessageSender)
  properties: {
    principalId: edgePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataMessageSender)
    description: 'The edge puts deliveries of service hooks on this queue. It can read none, and reach no other.'
  }
}

resource edgeKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::hookKey
  name: guid(vault::hookKey.id, edgePrincipalId, secretsUser)
  properties: {
    principalId: edgePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    description: 'The edge\'s host reads the hook key by reference: this one secret and no other.'
  }
}

resource edgeTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, edgePrincipalId, metricsPublisher)
  properties: {
    principalId: edgePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    description: 'The edge\'s host writes logs to Application Insights, which takes none without an identity.'
  }
}

resource platformRequests 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(platformPrincipalId)) {
  scope: coreStorage::queues::requests
  name: guid(coreStorage::queues::requests.id, platformPrincipalId, queueDataMessageSender)
  properties: {
    principalId: platformPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataMessageSender)
    description: 'The platform sends snapshots.'
  }
}

resource platformBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(platformPrincipalId)) {
  scope: coreStorage::blobs::requests
  name: guid(coreStorage::blobs::requests.id, platformPrincipalId, blobDataContributor)
  properties: {
    principalId: platformPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    description: 'The platform uploads snapshots that are too large for a message, and deletes them.'
  }
}

resource platformUpdates 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(platformPrincipalId)) {
  scope: coreStorage::queues::updates
  name: guid(coreStorage::queues::updates.id, platformPrincipalId, queueDataMessageProcessor)
  properties: {
    principalId: platformPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataMessageProcessor)
    description: 'The platform takes what became of tickets.'
  }
}

resource platformAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(platformPrincipalId)) {
  scope: coreStorage::queues::alerts
  name: guid(coreStorage::queues::alerts.id, platformPrincipalId, queueDataMessageProcessor)
  properties: {
    principalId: platformPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataMessageProcessor)
    description: 'The platform takes alerts, to show them to people.'
  }
}
