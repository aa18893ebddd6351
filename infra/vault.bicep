// The vault that holds credentials. Rights by role, what was deleted can be had back, and every access is in the log.

param location string
param tags object

@minLength(3)
@maxLength(24)
param name string

@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string
param workspaceId string

@secure()
param hookKey string

@description('Whether it is there already: another value would renew the passwords of all service hooks.')
param hookKeyExists bool

var hookKeySecret = 'hook-key'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'AzureServices' // Azure Resource Manager writes the secret below
    }
  }
}

resource hookKeyValue 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!hookKeyExists) {
  parent: vault
  name: hookKeySecret
  properties: {
    value: hookKey
    contentType: 'Passwords of service hooks are derived from it; another one in every installation'
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
output url string = vault.properties.vaultUri
output hookKeyName string = hookKeySecret
// Without a version: another value is taken up within a day, and at once with any other change of settings.
output hookKeyReference string = '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${hookKeySecret}/)'
