"""The paper's network: attention blocks, VEP, TEP, cross-modal fusion, losses."""
