using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public ScalarType dtype => (ScalarType)NativeMethods.tm_dtype(Native);

        public DeviceType device_type => (DeviceType)NativeMethods.tm_device_type(Native);

        public int device_index => NativeMethods.tm_device_index(Native);

        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public long Dimensions => NativeMethods.tm_dimensions(Native);

        public long ndim => Dimensions;

        public long NumberOfElements => NativeMethods.tm_elements(Native);

        public long ElementSize => NativeMethods.tm_element_size(Native);

        public long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                for (var i = 0; i < sizes.Length; i++)
                {
                    sizes[i] = NativeMethods.tm_size(Native, i);
                }

                return sizes;
            }
        }

        public bool is_cpu() => device_type == DeviceType.CPU;

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long[] size() => shape;

        public long size(int dim) => NativeMethods.tm_size(Native, Wrapped(dim));

        public long[] stride()
        {
            var strides = new long[Dimensions];
            for (var i = 0; i < strides.Length; i++)
            {
                strides[i] = NativeMethods.tm_stride(Native, i);
            }

            return strides;
        }

        public long stride(int dim) => NativeMethods.tm_stride(Native, Wrapped(dim));

        public long storage_offset() => NativeMethods.tm_storage_offset(Native);

        public bool is_contiguous() => NativeMethods.tm_is_contiguous(Native) != 0;

        public bool is_pinned() => NativeMethods.tm_is_pinned(Native) != 0;

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        private long Wrapped(long dimension)
        {
            var count = Dimensions;
            if (dimension < -count || dimension >= count)
            {
                throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The tensor has {count} dimensions.");
            }

            return dimension < 0 ? dimension + count : dimension;
        }
    }
}
