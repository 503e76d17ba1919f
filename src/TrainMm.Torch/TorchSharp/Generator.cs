using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public class Generator : IDisposable
    {
        private nint handle;

        public unsafe Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                throw new NotSupportedException("Generators of one's own are made on the CPU only.");
            }

            nint created;
            Status.Check(NativeMethods.tm_new_generator(seed, &created));
            handle = created;
            this.device = CPU;
        }

        private Generator(nint handle, Device device)
        {
            this.handle = handle;
            this.device = device;
        }

        ~Generator() => Dispose(false);

        public static Generator Default => DefaultOf(CPU);

        public nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device { get; }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public unsafe Tensor get_state()
        {
            nint state;
            Status.Check(NativeMethods.tm_generator_state(Handle, &state));
            GC.KeepAlive(this);
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            Status.Check(NativeMethods.tm_generator_set_state(Handle, value.Native));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Status.Check(NativeMethods.tm_generator_seed(Handle, unchecked((ulong)seed)));
            return this;
        }

        public long initial_seed() => unchecked((long)NativeMethods.tm_generator_initial_seed(Handle));

        internal static unsafe Generator DefaultOf(Device device)
        {
            nint found;
            Status.Check(NativeMethods.tm_default_generator((int)device.type, device.index, &found));
            return new Generator(found, device);
        }

        protected virtual void Dispose(bool disposing)
        {
            var owned = Interlocked.Exchange(ref handle, 0);
            if (owned != 0)
            {
                NativeMethods.tm_free_generator(owned);
            }
        }
    }

    public static Generator manual_seed(long seed)
    {
        Status.Check(NativeMethods.tm_manual_seed(unchecked((ulong)seed)));
        return Generator.Default;
    }

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static long initial_seed() => random.initial_seed();

    public static int get_num_threads() => NativeMethods.tm_threads();

    public static void set_num_threads(int num) => Status.Check(NativeMethods.tm_set_threads(num));

    public static int get_num_interop_threads() => NativeMethods.tm_interop_threads();

    public static void set_num_interop_threads(int num) => Status.Check(NativeMethods.tm_set_interop_threads(num));

    public static partial class random
    {
        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }

        public static Generator manual_seed(long seed) => torch.manual_seed(seed);

        public static long initial_seed()
        {
            using var generator = Generator.Default;
            return generator.initial_seed();
        }
    }
}
