package model

// textureKinds are operations on textures.
var textureKinds = []Kind{}
