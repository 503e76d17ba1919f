using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params long[] indices]
        {
            get => index(Array.ConvertAll(indices, position => TensorIndex.Single(position)));
            set => index_put_(value, Array.ConvertAll(indices, position => TensorIndex.Single(position)));
        }

        public Tensor this[long i1]
        {
            get => index([TensorIndex.Single(i1)]);
            set => index_put_(value, [TensorIndex.Single(i1)]);
        }

        public Tensor this[long i1, long i2]
        {
            get => index([TensorIndex.Single(i1), TensorIndex.Single(i2)]);
            set => index_put_(value, [TensorIndex.Single(i1), TensorIndex.Single(i2)]);
        }

        public Tensor this[long i1, long i2, long i3]
        {
            get => index([TensorIndex.Single(i1), TensorIndex.Single(i2), TensorIndex.Single(i3)]);
            set => index_put_(value, [TensorIndex.Single(i1), TensorIndex.Single(i2), TensorIndex.Single(i3)]);
        }

        public unsafe Tensor index(params TensorIndex[] indices)
        {
            var values = stackalloc IndexValue[indices.Length];
            Fill(indices, values);
            nint result;
            var status = NativeMethods.tm_index(Native, values, indices.Length, &result);
            KeepAlive(indices);
            Status.Check(status);
            return new Tensor(result);
        }

        public Tensor index(params Tensor[] indices) => Aten.IndexTensor.Call(this, Argument.Optional(indices));

        public unsafe Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            var values = stackalloc IndexValue[indices.Length];
            Fill(indices, values);
            var status = NativeMethods.tm_index_put(Native, values, indices.Length, value.Native);
            KeepAlive(indices);
            GC.KeepAlive(value);
            Status.Check(status);
            return this;
        }

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var tensor = Aten.ScalarTensor.Call(value, dtype, Argument.None, device);
            return index_put_(tensor, indices);
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            Aten.IndexPutInPlace.CallInPlace(this, Argument.Optional(indices), value, accumulate);

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var tensor = Aten.ScalarTensor.Call(value, dtype, Argument.None, device);
            return index_put_(tensor, indices);
        }

        private static unsafe void Fill(TensorIndex[] indices, IndexValue* values)
        {
            for (var i = 0; i < indices.Length; i++)
            {
                values[i] = indices[i].ToValue();
            }
        }

        private void KeepAlive(TensorIndex[] indices)
        {
            foreach (var index in indices)
            {
                GC.KeepAlive(index.Source);
            }

            GC.KeepAlive(this);
        }
    }
}
