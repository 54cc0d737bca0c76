"""What brings a file into a cluster: kustomize's inclusion and the Flux objects that start it."""
