/* experiments/readouts/model_file.h - what a readout has learnt, in HDF5 or with its weights in a .npy file.
 *
 * An HDF5 file holds the whole model in the group `model`. By a name such as x.npy the array hk_readout.weights goes there, to be
 * looked at and changed with NumPy, and the whole model to x-model.h5 beside it; on loading, the weights of x.npy stand for
 * those in x-model.h5, whose file stays as it is. Either way the loaded model decides as the saved one, bit for bit. */
#ifndef HK_MODEL_FILE_H
#define HK_MODEL_FILE_H

#include "experiments/readouts/catalogue.h"

/** HK_EIO, HK_ENOMEM. */
HK_MUST_CHECK int hk_readout_model_save(const hk_readout_job *job, const hk_readout *readout, const void *model,
                                        const char *path);
/** HK_EIO: a file that is missing. HK_EFORMAT: saved by another readout, weights of another type or shape than the model's, or
 *  values the readout refuses. On failure *model is NULL. */
HK_MUST_CHECK int hk_readout_model_load(const hk_readout_job *job, const hk_readout *readout, const char *path,
                                        void **model);

#endif
