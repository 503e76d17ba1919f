using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using TorchSharp.Utils;
using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public unsafe Span<byte> bytes
        {
            get
            {
                RequireReadable();
                if (!is_contiguous())
                {
                    throw new InvalidOperationException("The bytes of a tensor that is not contiguous cannot be had: call contiguous() first.");
                }

                return new Span<byte>(DataPointer, checked((int)(NumberOfElements * ElementSize)));
            }

            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                {
                    throw new ArgumentException($"{value.Length} bytes were given for a tensor of {target.Length}.");
                }

                value.CopyTo(target);
            }
        }

        internal unsafe void* DataPointer
        {
            get
            {
                void* data;
                Status.Check(NativeMethods.tm_data(Native, &data));
                return data;
            }
        }

        public TensorAccessor<T> data<T>()
            where T : struct
        {
            RequireReadable();
            RequireType<T>();
            return new TensorAccessor<T>(this);
        }

        public unsafe T item<T>()
            where T : struct
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"item() takes a tensor of one element; this one has {NumberOfElements}.");
            }

            RequireType<T>();
            if (device_type == DeviceType.CPU)
            {
                var here = Unsafe.Read<T>(DataPointer);
                GC.KeepAlive(this);
                return here;
            }

            using var copy = to(CPU);
            return Unsafe.Read<T>(copy.DataPointer);
        }

        public Scalar ToScalar()
        {
            using var copy = is_floating_point() ? to(ScalarType.Float64, CPU) : to(ScalarType.Int64, CPU);
            return dtype == ScalarType.Bool ? copy.item<long>() != 0 : is_floating_point() ? copy.item<double>() : copy.item<long>();
        }

        public override string ToString()
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"[{string.Join("x", shape)}], type = {dtype}, device = {device}");
            return text.ToString();
        }

        private void RequireReadable()
        {
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException("Data can be read from a tensor on the CPU only: move it there first.");
            }
        }

        private void RequireType<T>()
        {
            var fits = dtype switch
            {
                ScalarType.Bool => typeof(T) == typeof(bool),
                ScalarType.Byte => typeof(T) == typeof(byte),
                ScalarType.Int8 => typeof(T) == typeof(sbyte),
                ScalarType.Int16 => typeof(T) == typeof(short),
                ScalarType.Int32 => typeof(T) == typeof(int),
                ScalarType.Int64 => typeof(T) == typeof(long),
                ScalarType.Float16 => typeof(T) == typeof(Half),
                ScalarType.Float32 => typeof(T) == typeof(float),
                ScalarType.Float64 => typeof(T) == typeof(double),
                ScalarType.BFloat16 => typeof(T) == typeof(BFloat16),
                _ => false,
            };
            if (!fits)
            {
                throw new ArgumentException($"The values of a tensor of {dtype} cannot be read as {typeof(T).Name}.");
            }
        }
    }
}
