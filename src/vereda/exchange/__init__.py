"""What we hold in the forms that others read: Web Annotation, doccano, IATI 2.03, PROV-JSON, followthemoney."""
